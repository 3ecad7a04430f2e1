"""Layouts of times: of strftime, of Go and of pattern letters, each read whole or refused.

`choice` picks the kind and writes; `strftime`, `go` and `letters` read; `parts` is what each part
of a time looks like. The filter `date` calls it. The table of docs/flow-language.md is a test.
"""
