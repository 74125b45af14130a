"""ACC beside other trackers: a child program a tool, all asked the same questions."""
