# What building weir needs besides cargo: a C compiler. Sourced by ../run and ../test.

say() { printf '\n==> %s\n' "$*"; }

die() { # MESSAGE WHAT-TO-DO
    printf '\nFAILED: %s\nwhat to do: %s\n' "$1" "$2" >&2
    exit 1
}

at_least() { # HAVE WANT, dotted versions
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

ensure_build_tools() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH
    type -P cargo >/dev/null || die "cargo is missing" "install Rust with rustup, then run this again"
    cargo --version >/dev/null || die "cargo does not run" "let rustup install the toolchain of rust-toolchain.toml"
    at_least "$(cargo --version | cut -d' ' -f2)" 1.95 ||
        die "$(cargo --version) is too old" "install Rust with rustup, which reads rust-toolchain.toml, then run this again"
    if type -P cc >/dev/null; then return; fi
    type -P apt-get >/dev/null || die "a C compiler is missing" "install one (gcc or clang) and run this again"
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        type -P sudo >/dev/null || die "gcc is missing, and installing it needs root" "run as root: apt-get install -y gcc libc6-dev"
        sudo=(sudo)
    fi
    say "installing gcc and the C library's headers (apt-get)"
    "${sudo[@]}" apt-get update
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev
}
