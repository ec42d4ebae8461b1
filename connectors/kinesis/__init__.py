"""The Kinesis block source as Python sees it: its builder and the reader of its frames."""
