
use builtin;
use str;

set edit:completion:arg-completer[zenflow-keys] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'zenflow-keys'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'zenflow-keys'= {
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand create 'Create a key and print it, once'
            cand list 'List keys, oldest first'
            cand show 'Show everything about one key'
            cand update 'Change name, owner, note, expiry or scopes of a key'
            cand rotate 'Replace a key by a new one, without downtime'
            cand revoke 'Revoke keys for good: now, or at a later time'
            cand disable 'Switch keys off; ''enable'' switches them on again'
            cand enable 'Switch disabled keys on again'
            cand allowlist 'Say from where a key may be used: add, remove, set, clear, list'
            cand check 'Judge a key: may it do this, from there?'
            cand scopes 'List all scopes, what they grant, and the endpoints that need them'
            cand presets 'List the presets and their scopes'
            cand log 'Show the audit log, newest first, or verify it'
            cand completions 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'zenflow-keys;create'= {
            cand -p 'Scopes by preset: read-only, erp-sync, stock-sync, full-access'
            cand --preset 'Scopes by preset: read-only, erp-sync, stock-sync, full-access'
            cand -s 'Scopes, one by one or separated by commas: read:orders,write:orders'
            cand --scope 'Scopes, one by one or separated by commas: read:orders,write:orders'
            cand --env 'live or test'
            cand -e 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never'
            cand --expires 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never'
            cand --allow-ip 'From where it may be used: addresses or CIDR ranges; none means from everywhere'
            cand --owner 'Who answers for it'
            cand --note 'Anything else worth knowing'
            cand -o 'Write the key to this new file instead of standard output'
            cand --out 'Write the key to this new file instead of standard output'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --if-absent 'If a usable key has the name, leave it at that and succeed'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;list'= {
            cand --status 'In this state: active, disabled, expired, revoked (implies --all)'
            cand --env 'For this environment: live, test'
            cand -s 'May do this, admin included'
            cand --scope 'May do this, admin included'
            cand -p 'Has exactly the scopes of this preset'
            cand --preset 'Has exactly the scopes of this preset'
            cand -n 'Has such a name; * ? and [abc] are wildcards, case does not matter'
            cand --name 'Has such a name; * ? and [abc] are wildcards, case does not matter'
            cand --owner 'Belongs to this owner'
            cand --expires-within 'Ends within this time: 14d'
            cand --older-than 'Was made longer ago: 90d'
            cand --unused-for 'Has no recorded allowed use for this long: 45d'
            cand --sort 'Order: created, name, expires, used'
            cand -L 'At most so many'
            cand --limit 'At most so many'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand -a 'Revoked and expired keys too'
            cand --all 'Revoked and expired keys too'
            cand --no-expiry 'Never ends'
            cand --no-allowlist 'Can be used from everywhere'
            cand -r 'The other way round'
            cand --reverse 'The other way round'
            cand --ids 'Ids only, one a line'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;show'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;update'= {
            cand --env 'Narrow a name to live or test'
            cand -n 'A new name'
            cand --name 'A new name'
            cand --owner 'Who answers for it; "" clears'
            cand --note 'Anything else worth knowing; "" clears'
            cand -e 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never'
            cand --expires 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never'
            cand --add-scope 'Let it do this too'
            cand --remove-scope 'Do not let it do this any more'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;rotate'= {
            cand --env 'Narrow a name to live or test'
            cand --overlap 'How long both keys work: 7d, 24h; 0 revokes the old one at once'
            cand -e 'When the new key ends; by default it lives as long as the old one did'
            cand --expires 'When the new key ends; by default it lives as long as the old one did'
            cand -o 'Write the new key to this new file instead of standard output'
            cand --out 'Write the new key to this new file instead of standard output'
            cand --quiet-for 'How long the old key must have been quiet'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --finish 'Revoke the old key now, if the new one was used and the old one was not lately'
            cand --force 'Finish although the hand-over is not proven'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;revoke'= {
            cand --env 'Narrow names to live or test'
            cand --in 'After this time: 7d'
            cand --at 'At this time: 2026-12-31 (through that day), 2026-12-31T09:30:00Z'
            cand -r 'Why'
            cand --reason 'Why'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --cancel 'Take a scheduled revocation back'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Say what would be done, and do nothing'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;disable'= {
            cand --env 'Narrow names to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --dry-run 'Say what would be done, and do nothing'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;enable'= {
            cand --env 'Narrow names to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --dry-run 'Say what would be done, and do nothing'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;allowlist'= {
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand add 'Let these in too'
            cand remove 'Do not let these in any more'
            cand set 'Let in these and no others'
            cand clear 'Let everyone in'
            cand list 'Print the entries, one a line'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'zenflow-keys;allowlist;add'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;allowlist;remove'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;allowlist;set'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;allowlist;clear'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;allowlist;list'= {
            cand --env 'Narrow a name to live or test'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;allowlist;help'= {
            cand add 'Let these in too'
            cand remove 'Do not let these in any more'
            cand set 'Let in these and no others'
            cand clear 'Let everyone in'
            cand list 'Print the entries, one a line'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'zenflow-keys;allowlist;help;add'= {
        }
        &'zenflow-keys;allowlist;help;remove'= {
        }
        &'zenflow-keys;allowlist;help;set'= {
        }
        &'zenflow-keys;allowlist;help;clear'= {
        }
        &'zenflow-keys;allowlist;help;list'= {
        }
        &'zenflow-keys;allowlist;help;help'= {
        }
        &'zenflow-keys;check'= {
            cand -s 'A scope that is needed; several are all needed'
            cand --scope 'A scope that is needed; several are all needed'
            cand --request 'A request; the endpoint map names the scope it needs: "POST /orders"'
            cand --ip 'The client''s address'
            cand --env 'The key must be for this environment'
            cand --at 'Judge expiry and revocation as of then'
            cand --key-file 'Read the key from this file'
            cand --key-env 'Read the key from this environment variable'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --record 'Count this as a use of the key'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;scopes'= {
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;presets'= {
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'zenflow-keys;log'= {
            cand --env 'Narrow a name to live or test'
            cand --since 'Only from then on: 7d (ago), 2026-12-31'
            cand -L 'At most so many'
            cand --limit 'At most so many'
            cand --expect 'An earlier head: that entry must still be there'
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --verify 'Recompute the chain; exit status 7 if it is not whole'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;completions'= {
            cand --db 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]'
            cand --format 'The form of the output: human, json; for list and log also jsonl, csv'
            cand --color 'Colours: auto, always, never'
            cand --actor 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]'
            cand --json 'Short for --format json'
            cand -q 'No remarks; from check no verdict either'
            cand --quiet 'No remarks; from check no verdict either'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'zenflow-keys;help'= {
            cand create 'Create a key and print it, once'
            cand list 'List keys, oldest first'
            cand show 'Show everything about one key'
            cand update 'Change name, owner, note, expiry or scopes of a key'
            cand rotate 'Replace a key by a new one, without downtime'
            cand revoke 'Revoke keys for good: now, or at a later time'
            cand disable 'Switch keys off; ''enable'' switches them on again'
            cand enable 'Switch disabled keys on again'
            cand allowlist 'Say from where a key may be used: add, remove, set, clear, list'
            cand check 'Judge a key: may it do this, from there?'
            cand scopes 'List all scopes, what they grant, and the endpoints that need them'
            cand presets 'List the presets and their scopes'
            cand log 'Show the audit log, newest first, or verify it'
            cand completions 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'zenflow-keys;help;create'= {
        }
        &'zenflow-keys;help;list'= {
        }
        &'zenflow-keys;help;show'= {
        }
        &'zenflow-keys;help;update'= {
        }
        &'zenflow-keys;help;rotate'= {
        }
        &'zenflow-keys;help;revoke'= {
        }
        &'zenflow-keys;help;disable'= {
        }
        &'zenflow-keys;help;enable'= {
        }
        &'zenflow-keys;help;allowlist'= {
            cand add 'Let these in too'
            cand remove 'Do not let these in any more'
            cand set 'Let in these and no others'
            cand clear 'Let everyone in'
            cand list 'Print the entries, one a line'
        }
        &'zenflow-keys;help;allowlist;add'= {
        }
        &'zenflow-keys;help;allowlist;remove'= {
        }
        &'zenflow-keys;help;allowlist;set'= {
        }
        &'zenflow-keys;help;allowlist;clear'= {
        }
        &'zenflow-keys;help;allowlist;list'= {
        }
        &'zenflow-keys;help;check'= {
        }
        &'zenflow-keys;help;scopes'= {
        }
        &'zenflow-keys;help;presets'= {
        }
        &'zenflow-keys;help;log'= {
        }
        &'zenflow-keys;help;completions'= {
        }
        &'zenflow-keys;help;help'= {
        }
    ]
    $completions[$command]
}
