// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where a batch runs, as Spark spells it, and what Spark needs for it beside its core. */
enum Master {
  /** This machine, in the batch's own process. */
  LOCAL("local(?:\\[(?<count>[1-9]\\d{0,3}|\\*)(?:,\\d+)?])?"),

  /** Workers that Spark starts here, for tests. */
  LOCAL_CLUSTER("local-cluster\\[.+]"),

  /** Spark's standalone cluster. */
  STANDALONE("spark://.+"),

  YARN("yarn") {
    private static final String SITE = "yarn-site.xml";

    @Override
    Optional<String> missing(ClassLoader loader, Map<String, String> settings) {
      return part(loader, "org.apache.spark.scheduler.cluster.YarnClusterManager", "yarn")
          .or(() -> site(loader));
    }

    // Hadoop looks for its settings on the class path, and Spark sends those of the variable.
    private Optional<String> site(ClassLoader loader) {
      boolean named =
          Stream.of("HADOOP_CONF_DIR", "YARN_CONF_DIR")
              .flatMap(name -> Optional.ofNullable(System.getenv(name)).stream())
              .anyMatch(folder -> Files.exists(Path.of(folder, SITE)));
      return named && loader.getResource(SITE) != null
          ? Optional.empty()
          : Optional.of(
              "no %s is found; the variable HADOOP_CONF_DIR is to name its folder, which"
                      .formatted(SITE)
                  + " scripts/awp and spark-submit put on the class path");
    }
  },

  KUBERNETES("k8s://.+") {
    private static final String IMAGE = "spark.kubernetes.container.image";

    @Override
    Optional<String> missing(ClassLoader loader, Map<String, String> settings) {
      return part(
              loader,
              "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterManager",
              "kubernetes")
          .or(
              () ->
                  settings.containsKey(IMAGE) || System.getProperty(IMAGE) != null
                      ? Optional.empty()
                      : Optional.of(
                          IMAGE
                              + " below spark: is to name an image of Spark with Java 25 and this"
                              + " checkout"));
    }
  };

  private static final String SPELLINGS =
      "spark://HOST:PORT, k8s://https://HOST:PORT, yarn, local[N] with N of 1 or more, local[*]";

  private final Pattern spelling;

  Master(String spelling) {
    this.spelling = Pattern.compile(spelling);
  }

  /** The kind of a master; none where Spark has no such. */
  static Optional<Master> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.matcher(word).matches()).findFirst();
  }

  static String unknown(String word) {
    return "'%s' is none of %s".formatted(word, SPELLINGS);
  }

  Matcher matcher(String word) {
    return spelling.matcher(word);
  }

  /**
   * Refuses what would not start, before any work.
   *
   * @param word the master
   * @param loader of the classes that Spark will look for
   * @param settings that are passed on
   */
  void check(String word, ClassLoader loader, Map<String, String> settings) {
    missing(loader, settings)
        .ifPresent(
            what -> {
              throw new AwpException("master %s: %s".formatted(word, what));
            });
  }

  /** What is not there, and how to get it. */
  Optional<String> missing(ClassLoader loader, Map<String, String> settings) {
    return Optional.empty();
  }

  static Optional<String> part(ClassLoader loader, String name, String part) {
    try {
      Class.forName(name, false, loader);
      return Optional.empty();
    } catch (ClassNotFoundException _) {
      return Optional.of(
          ("Spark's part for it, spark-%s, is not among the libraries; in the checkout"
                  + " 'mvn -P%1$s -pl core,ffm-bindings,batch -DskipTests package' fetches it")
              .formatted(part));
    }
  }
}
