"""The pictures of the README: `build.py pictures` makes them, so that they show what there is.

- `screens`: which terminal pictures there are: a command and the recorded output of it;
- `record`: runs the commands and writes down what they print; the load test's report too;
- `terminal`: a recorded output as an SVG drawing of a terminal;
- `report`: the load test's page, photographed by a browser;
- `command_line`: the arguments.

A new screen is a line of `screens.py` and a file in `recorded/`, plain text or with colours as a
terminal is sent them; `record` makes the file.
"""
