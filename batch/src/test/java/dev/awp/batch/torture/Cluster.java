// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch.torture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Spark's standalone cluster on loopback: a master and workers of one core, a process each. */
final class Cluster implements AutoCloseable {
  private final Path folder;
  private final int port;
  private final Process master;
  private final List<Process> workers = new ArrayList<>();
  private int started;

  private Cluster(Path folder, int port, Process master) {
    this.folder = folder;
    this.port = port;
    this.master = master;
  }

  /**
   * Begins with a master alone, which gives a worker up when it was not heard of for ten seconds.
   */
  static Cluster start(Path folder) throws IOException {
    Files.createDirectories(folder);
    int port = freePort();
    Process master =
        java(
            folder,
            "master",
            Map.of(),
            List.of("-Dspark.worker.timeout=10"),
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(port),
            "--webui-port",
            "0");
    return new Cluster(folder, port, master);
  }

  /** A process that ends with all that it has started. */
  record Owner(Process process) implements AutoCloseable {
    @Override
    public void close() {
      machine(process).forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** YARN, whose settings will lie in the folder; a process each for what it runs. */
  static Owner yarn(Path folder) throws IOException {
    String data = "-Dtest.build.data=" + folder;
    return new Owner(
        java(folder, "yarn", Map.of(), List.of(data), MiniYarn.class.getName(), folder.toString()));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process java(
      Path folder, String name, Map<String, String> environment, List<String> flags, String... main)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(main));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().putAll(environment);
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return builder.start();
  }

  String url() {
    return "spark://127.0.0.1:" + port;
  }

  /** One more worker, with variables of its own. */
  Process addWorker(Map<String, String> environment) throws IOException {
    started++;
    Process worker =
        java(
            folder,
            "worker-" + started,
            environment,
            List.of(),
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            "--cores",
            "1",
            "--memory",
            "1g",
            "--work-dir",
            folder.resolve("work-" + started).toString(),
            url());
    workers.add(worker);
    return worker;
  }

  List<Process> workers() {
    return workers.stream().filter(Process::isAlive).toList();
  }

  /** The command of the run that a worker has, where it has one. */
  static Optional<String> run(Process worker) {
    return worker
        .descendants()
        .map(Cluster::words)
        .filter(words -> words.contains("dev.awp.batch.RunProcess\0compress"))
        .findFirst();
  }

  private static String words(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** As a machine that loses its power: the worker, its executors and their runs. */
  static void kill(Process worker) throws InterruptedException {
    List<ProcessHandle> all = machine(worker);
    all.forEach(ProcessHandle::destroyForcibly);
    worker.waitFor();
  }

  /** As a machine that hangs, and as one that goes on. */
  static void signal(Process worker, String signal) throws IOException, InterruptedException {
    for (ProcessHandle process : machine(worker)) {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    }
  }

  private static List<ProcessHandle> machine(Process worker) {
    return Stream.concat(Stream.of(worker.toHandle()), worker.descendants()).toList();
  }

  @Override
  public void close() {
    for (Process worker : workers) {
      machine(worker).forEach(ProcessHandle::destroyForcibly);
    }
    master.destroyForcibly();
  }
}
