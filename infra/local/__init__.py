"""The stack on this machine: emulator, gateway, deployment, snapshots; `python -m infra.local`."""
