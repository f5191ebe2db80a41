# The developer's manual: each task with the command that does it. `uv run just` lists them.
# All that the tasks need is in pyproject.toml; uv installs it. Without just: copy the command.

# List the tasks
default:
    @just --list --unsorted

# Install the locked dependencies, and the checks that run before each commit
setup:
    uv sync
    uvx prek install

# Run all tests, or those you name: `just test tests/unit/test_docs.py -k links`
test *arguments:
    uv run pytest {{ arguments }}

# Run the tests without PostgreSQL, recorded data and whatever else is slow
quick *arguments:
    uv run pytest --brief {{ arguments }}

# Run the tests and show which lines and branches they miss (twice as slow)
coverage *arguments:
    uv run pytest --cov --cov-report=term:skip-covered --cov-report=html {{ arguments }}

# Mend what can be mended, then check style, spelling, plain English and import rules
lint:
    uv run ruff check --fix
    uv run ruff format
    uv run codespell
    uv run python .ci/plain_english.py
    uv run lint-imports --no-logo

# Check the types
types:
    uv run mypy

# Write the generated pages, then build the manual as a site in build/site
docs:
    uv run python docs/make_pages.py
    uv run python docs/make_site.py build

# Write deploy/requirements.txt anew: what a server installs by hash, with what builds the project
requirements to="deploy/requirements.txt":
    uv export --quiet --frozen --no-dev --group build --extra postgres --no-emit-project --no-annotate --no-header -o "{{ to }}"

# Try the program on an invented Parliament and mail server, in a new folder
demo folder="demo":
    uv run pqwatch demo --folder {{ folder }}

# Measure the speed of starting, matching and indexing on this machine (bench/README.md has more)
bench:
    uv run python bench/startup.py
    uv run python bench/matching.py --sample --counts 10,1000
    uv run python bench/index.py --sample --answers 20000

# Try crashes, full disks and broken networks at random for so many seconds
soak seconds="600":
    uv run python bench/soak.py --seconds {{ seconds }}

# Run every check that a change must pass, on each Python found (fifteen minutes)
check:
    .ci/run

# Set the version, commit and tag it; pushing the tag publishes it (.github/workflows/release.yml)
release version:
    git diff --quiet HEAD
    grep -q '^## \[{{ version }}\]' CHANGELOG.md
    uv version {{ version }}
    just check
    git commit --all --message "Release {{ version }}"
    git tag --annotate "v{{ version }}" --message "{{ version }}"
    @echo "Publish it: git push --follow-tags"
