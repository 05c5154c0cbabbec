# Sourced by the other scripts: sets JAVA_HOME to a JDK 25 or newer, or says what to install and exits with 1.
# Looked at in this order: JAVA_HOME, the java on PATH, then the folders where JDKs are usually put.

# Major version from the JDK's own "release" file; nothing where the folder is no JDK with a compiler.
jdk_major() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

find_jdk() {
  local candidate major on_path=""
  if command -v javac >/dev/null 2>&1; then
    on_path=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/* /usr/java/* /usr/local/*jdk* /opt/*jdk* /opt/java/* /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    [ -n "$candidate" ] || continue
    major=$(jdk_major "$candidate")
    if [ -n "$major" ] && [ "$major" -ge 25 ]; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<MESSAGE
awp needs a JDK 25 or newer, and none was found in JAVA_HOME, on the PATH or in the usual folders (/usr/lib/jvm and others).
Install one, for example:
  Debian, Ubuntu   apt-get install openjdk-25-jdk   (or the package temurin-25-jdk of Eclipse Adoptium)
  Fedora           dnf install java-25-openjdk-devel
  macOS            brew install openjdk@25
  any, by SDKMAN   sdk install java 25-tem
or set JAVA_HOME to an unpacked JDK 25, then run this command again.
MESSAGE
  return 1
}

# Maven must be there; its own libraries make newer JDKs warn of things that are not ours.
find_maven() {
  export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"
  if ! command -v mvn >/dev/null 2>&1; then
    cat >&2 <<MESSAGE
awp is built by Apache Maven 3.8.4 or newer, and no mvn is on the PATH. Install it, for example:
  Debian, Ubuntu   apt-get install maven
  Fedora           dnf install maven
  macOS            brew install maven
MESSAGE
    return 1
  fi
}

# What every JVM of awp is started with; "$1" is the checkout. Large blocks of memory come in huge pages where glibc can ask Linux
# for them: the first touch of new memory costs a small part, and products miss fewer translations (docs/performance.md).
awp_jvm() {
  case "${GLIBC_TUNABLES:-}" in
    *glibc.malloc.hugetlb=*) ;;
    *) export GLIBC_TUNABLES="${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.malloc.hugetlb=1" ;;
  esac
  # The JVM reads arguments and file names in the locale's charset, and no option of its own changes that.
  case "$(locale charmap 2>/dev/null || echo none)" in
    ANSI_X3.4-1968 | US-ASCII | 646 | none) export LC_ALL=C.UTF-8 ;;
  esac
  # shellcheck disable=SC2034  # for the scripts that source this
  jvm_flags=(--enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xms32m
    "-XX:CompileCommandFile=$1/scripts/kernels.jit")
}
