"""The tests of ACC, room by room."""
