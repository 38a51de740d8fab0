# Completion of duplifs for fish: "duplifs completion fish | source", or as the file "duplifs.fish" in
# ~/.config/fish/completions. What is typed is handed over as it stands; nothing of it is run.

function __duplifs_complete
    set -l words (commandline -opc)
    set -l answer ($words[1] __complete fish $words[2..-1] (commandline -ct) 2>/dev/null)
    set -l what $answer[1]
    printf '%s\n' $answer[2..-1]
    switch $what
        case files ''
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct) ''
    end
end

complete -c duplifs -k -f -a '(__duplifs_complete)'
