"""The function of /health, of the API's document, of /info and of unknown paths."""
