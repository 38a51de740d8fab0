# Completion of duplifs for bash: "source <(duplifs completion bash)", or as the file "duplifs" in
# ~/.local/share/bash-completion/completions. What is typed is handed over as it stands; nothing of it is run.

_duplifs() {
  local i gap word rest=${COMP_LINE:0:COMP_POINT} current='' line=() words=()
  # readline takes words apart at ":" and "="; here they are as they are typed
  for ((i = 0; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    gap=${rest%%[![:space:]]*}
    rest=${rest#"$gap"}
    rest=${rest#"$word"}
    if [[ -n $gap || $i -eq 0 ]]; then words+=("$word"); else words[${#words[@]} - 1]+=$word; fi
  done
  gap=${rest%%[![:space:]]*}
  rest=${rest#"$gap"}
  if [[ -n $gap ]]; then words+=("$rest"); else words[${#words[@]} - 1]+=$rest; fi
  current=${words[${#words[@]} - 1]}

  mapfile -t line < <("${words[0]/#\~/$HOME}" __complete bash "${words[@]:1}" 2>/dev/null)
  local what=${line[0]-files} before='' breaks=${COMP_WORDBREAKS//[^:=]/}
  # what readline replaces begins behind the last of these
  if [[ -n $breaks && $current == *[$breaks]* && $current != [\"\']* ]]; then
    before=${current%"${current##*[$breaks]}"}
  fi

  COMPREPLY=()
  for word in "${line[@]:1}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("${word#"$before"}")
  done
  [[ $what == - ]] || compopt -o filenames 2>/dev/null
  local typed=${current#"$before"}
  case $what in
    paths) [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace ;;
    folders) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$typed") ;;
    files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$typed") ;;
  esac
  return 0
}

complete -F _duplifs duplifs
