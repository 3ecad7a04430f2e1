"""The function of /health, of the API's document and of unknown paths."""
