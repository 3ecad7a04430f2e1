"""The parts of the stack: a function, its storage, the API, the state machine, timers."""
