# Completion of zenflow-keys for PowerShell. The program says what can be completed; what was typed goes to it on standard input, so that it
# stands in no list of processes, and nothing of it is run.

Register-ArgumentCompleter -Native -CommandName 'zenflow-keys' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    if ($wordToComplete -eq '') { $words += '' }
    # In a list (read:orders,wr) only the last element is replaced.
    $kept = $words[-1].Length - $wordToComplete.Trim('"', "'").Length
    if ($kept -lt 0 -or $words[-1].IndexOf(',') -lt 0) { $kept = 0 }

    $previous = $env:ZENFLOW_KEYS_COMPLETE
    $env:ZENFLOW_KEYS_COMPLETE = 'words'
    try { $lines = @(($words -join "`0") + "`0" | & zenflow-keys 2>$null) } finally { $env:ZENFLOW_KEYS_COMPLETE = $previous }

    # Without an answer PowerShell offers files, which is right where the program says so.
    foreach ($line in $lines) {
        $value, $description = $line -split "`t", 2
        if ($value -eq '') { continue }
        $value = $value.Substring([Math]::Min($kept, $value.Length))
        $quoted = if ($value -match '^[\w\-./:=+]+$') { $value } else { "'" + $value + "'" }
        $tooltip = if ($description) { $description } else { $value }
        [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $tooltip)
    }
}
