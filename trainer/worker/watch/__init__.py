"""The process that follows the files of classes and keeps their rows."""
