# One command checks everything: `make check`. It uses the environment of the README's test line.
bin := .venv/bin

.PHONY: check format lock

check:
	$(bin)/ruff format --check
	$(bin)/ruff check
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/python -m pytest -n auto

format:
	$(bin)/ruff format
	$(bin)/ruff check --fix

# Write the hashed requirements again; needs uv.
compile = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(compile) pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(compile) requirements/services.in --output-file requirements/services.txt
	$(compile) --constraints requirements/run.txt --extra test pyproject.toml requirements/build.in --output-file requirements/test.txt
