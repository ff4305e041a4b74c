"""The one-machine launcher: PostgreSQL, Valkey, web and worker under one supervisor.

`python -m config.launch up` is what `make up` ends in; `python -m config.launch run -- COMMAND` runs a
command on throw-away services. Nothing here imports Django: it runs before the settings can be read.
"""
