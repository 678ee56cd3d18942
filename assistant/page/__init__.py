"""The page in the browser: its events, and the HTML drawn for them."""

import os

# Read when gradio is imported: without it, gradio tells its makers of each start.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
