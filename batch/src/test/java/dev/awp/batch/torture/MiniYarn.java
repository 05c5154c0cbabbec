// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch.torture;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.service.Service;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * YARN on loopback, a resource manager and a node manager in a process: Hadoop's own cluster for
 * tests, which is there where the build has the profile yarn.
 */
final class MiniYarn {
  private static final String CLUSTER = "org.apache.hadoop.yarn.server.MiniYARNCluster";

  private static final Map<String, String> SETTINGS =
      Map.of(
          "yarn.nodemanager.resource.memory-mb", "6000",
          "yarn.nodemanager.resource.cpu-vcores", "3",
          "yarn.scheduler.minimum-allocation-mb", "128",
          "yarn.nodemanager.vmem-check-enabled", "false",
          "yarn.nodemanager.disk-health-checker.enable", "false",
          "yarn.scheduler.capacity.root.queues", "default",
          "yarn.scheduler.capacity.root.default.capacity", "100",
          "yarn.scheduler.capacity.maximum-am-resource-percent", "0.9",
          "yarn.nodemanager.env-whitelist", "JAVA_HOME,PATH,SPARK_LOCAL_IP");

  private MiniYarn() {}

  /** {@code FOLDER}, in which yarn-site.xml appears when the cluster is there; until killed. */
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new YarnConfiguration();
    SETTINGS.forEach(configuration::set);
    Service cluster =
        Class.forName(CLUSTER)
            .asSubclass(Service.class)
            .getConstructor(String.class, int.class, int.class, int.class)
            .newInstance("awp", 1, 1, 1);
    cluster.init(configuration);
    cluster.start();
    Path file = Path.of(arguments[0]).resolve("yarn-site.xml");
    Path sibling = file.resolveSibling("yarn-site.xml.partial");
    try (OutputStream out = Files.newOutputStream(sibling)) {
      cluster.getConfig().writeXml(out);
    }
    Files.move(sibling, file, StandardCopyOption.ATOMIC_MOVE);
    Thread.sleep(Long.MAX_VALUE);
  }
}
