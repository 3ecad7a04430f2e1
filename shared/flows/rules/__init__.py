"""The rules of the flow language, one module per part of a flow."""
