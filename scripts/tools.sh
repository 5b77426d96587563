# What building and testing weir needs besides cargo. Sourced by ../run and ../test.

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
    type -P cc >/dev/null || install_packages gcc libc6-dev
}

# The console's checks and its browser test.
ensure_console_tools() {
    local missing=()
    type -P chromium >/dev/null || type -P chromium-browser >/dev/null || type -P google-chrome >/dev/null ||
        missing+=(chromium)
    type -P npm >/dev/null || missing+=(npm)
    type -P node >/dev/null || missing+=(nodejs)
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    local wanted=20.19 tools=${XDG_CACHE_HOME:-$HOME/.cache}/weir/node
    if ! at_least "$(node_version)" "$wanted"; then
        say "installing a newer Node.js into $tools (npm): this one is $(node_version)"
        npm install --silent --no-fund --no-audit --prefix "$tools" node@22
        PATH=$tools/node_modules/node/bin:$PATH
        at_least "$(node_version)" "$wanted" || die "Node.js $(node_version) is too old" "install Node.js $wanted or newer"
    fi
}

# The journal's reader, and what writes one for its tests.
ensure_journal_tools() {
    local missing=()
    type -P journalctl >/dev/null || missing+=(systemd)
    [ -x /lib/systemd/systemd-journal-remote ] || missing+=(systemd-journal-remote)
    type -P pkill >/dev/null || missing+=(procps)
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

node_version() { node --version | tr -d v; }

install_packages() { # PACKAGE..., of Debian
    type -P apt-get >/dev/null || die "$* is missing and there is no apt-get" "install it by hand: $*"
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        type -P sudo >/dev/null || die "$* is missing, and installing it needs root" "run as root: apt-get install -y $*"
        sudo=(sudo)
    fi
    say "installing Debian packages: $* (apt-get)"
    "${sudo[@]}" apt-get update
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}
