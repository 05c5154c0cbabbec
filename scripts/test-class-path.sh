# Sourced by scripts that run what lies among the tests: builds where needed, sets JAVA_HOME and class_path.
# shellcheck source=scripts/find-jdk.sh
. "$root/scripts/find-jdk.sh"

test_class_path() {
  find_jdk || return 1
  find_maven || return 1
  (cd "$root" && mvn -q -B -pl core,ffm-bindings package -DskipTests -Dspotless.check.skip=true \
    dependency:build-classpath -Dmdep.outputFile=target/test-class-path -Dmdep.includeScope=test >&2) || return 1
  class_path=$root/core/target/test-classes:$root/core/target/classes:$root/ffm-bindings/target/classes:$(cat "$root/core/target/test-class-path")
  # Of the other module's libraries only those that this one does not have: they hold native code.
  class_path+=$(printf ':%s' "$root"/ffm-bindings/target/lib/{openblas,dnnl}-*.jar)
}
