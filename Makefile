# The front door. `make demo` sets everything up and runs the main job; `make test` sets everything up and
# passes the tests; `make bench` prints the figures beside their references.
.PHONY: setup release demo test bench fuzz clean

setup:
	@tools/setup.sh

release: setup
	@cmake --preset release >/dev/null
	@cmake --build --preset release

demo: release
	@examples/demo/run.sh

test: setup
	@tools/test.sh

bench: release
	@tools/bench.sh

fuzz: setup
	@tools/fuzz.sh

clean:
	rm -rf build
