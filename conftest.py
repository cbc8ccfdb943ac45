"""Makes every `pytest --nbval` of this project strict, however it is called."""

pytest_plugins = ["tests.notebook_run.strict"]
