// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch.torture;

import dev.awp.disk.Folders;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** See scripts/torture-batch. */
public final class TortureBatch {
  private static final List<String> GOOD = List.of("a", "b", "c", "d", "e", "f");
  private static final int BAD = 6;
  private static final long STOPPED_SECONDS = 40;
  private static final String CORE = "OPENBLAS_CORETYPE";

  private final Path folder;
  private int compared;

  private TortureBatch(Path folder) {
    this.folder = folder;
  }

  /** {@code FOLDER ROUNDS|yarn}; exit code 1 where anything is not as it has to be. */
  public static void main(String[] arguments) throws Exception {
    TortureBatch torture = new TortureBatch(Path.of(arguments[0]));
    torture.prepare();
    if (arguments[1].equals("yarn")) {
      System.out.println(torture.yarn());
    } else {
      System.out.println(torture.localCluster());
      for (int round = 1; round <= Integer.parseInt(arguments[1]); round++) {
        System.out.println("round %d: %s".formatted(round, torture.harmed(round)));
      }
      System.out.println(torture.otherCore());
    }
    System.out.println(
        torture.compared + " outputs compared, all the bytes of the same commands on one machine");
  }

  private void prepare() throws IOException, InterruptedException {
    new GeneratedCheckpoint(4, 16, 24, 2, 1, DType.BF16).write(folder.resolve("model"));
    new GeneratedCheckpoint(4, 16, 24, 2, 1, DType.BF16).write(folder.resolve("broken"));
    Path weights = folder.resolve("broken/model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(
        folder.resolve("text.txt"), "A text of some words, again and again. ".repeat(20));
    StringBuilder yaml =
        new StringBuilder(
            """
            models: [model, broken]
            output: "out/{model}-{recipe}"
            calibration: text.txt
            evaluate: text.txt
            sequences: 4
            sequence-length: 32
            sparsity: 2:4
            bits: 4
            group-size: 8
            solver: pgd
            max-shard-size: 10KB
            spark:
              spark.network.timeout: 20s
              spark.network.timeoutInterval: 5s
              spark.executor.heartbeatInterval: 2s
              spark.driver.host: 127.0.0.1
              spark.driver.bindAddress: 127.0.0.1
              spark.executor.memory: 512m
            recipes:
            """);
    for (int i = 0; i < GOOD.size(); i++) {
      yaml.append("- {name: %s, iterations: %d}%n".formatted(GOOD.get(i), 400 + i));
    }
    Files.writeString(folder.resolve("jobs.yaml"), yaml.toString());
    for (String line :
        said(start("commands", Map.of(), "batch", jobs(), "--commands"), 0).lines().toList()) {
      if (line.contains("/out/model-")) {
        List<String> words = new ArrayList<>(List.of(line.replace("/out/", "/plain/").split(" ")));
        words.addAll(List.of("--threads=1", "-q"));
        said(start("plain", Map.of(), words.toArray(String[]::new)), 0);
      }
    }
  }

  private String jobs() {
    return folder.resolve("jobs.yaml").toString();
  }

  /** A process and where it writes. */
  private record Command(Process process, Path log) {}

  private Command start(String name, Map<String, String> environment, String... words)
      throws IOException {
    return startOn(System.getProperty("java.class.path"), name, environment, words);
  }

  private Command startOn(
      String classPath, String name, Map<String, String> environment, String... words)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx512m",
            "--enable-native-access=ALL-UNNAMED",
            "-Dawp.kernels=scalar",
            "-cp",
            classPath,
            "dev.awp.cli.Main"));
    command.addAll(List.of(words));
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return new Command(builder.start(), log);
  }

  private static String said(Command command, int exitCode)
      throws IOException, InterruptedException {
    if (!command.process().waitFor(15, TimeUnit.MINUTES)) {
      command.process().destroyForcibly();
      throw new AssertionError("it hangs: " + Files.readString(command.log()));
    }
    String said = Files.readString(command.log());
    if (command.process().exitValue() != exitCode) {
      throw new AssertionError(
          "exit code %d, not %d: %s".formatted(command.process().exitValue(), exitCode, said));
    }
    return said;
  }

  /** All good outputs are those of one machine, the bad model is told, and nothing is left. */
  private void compare(String said) throws IOException {
    if (said.contains("an error of awp itself")) {
      throw new AssertionError(said);
    }
    for (String name : GOOD) {
      OutputFolders.assertSame(
          folder.resolve("plain/model-" + name), folder.resolve("out/model-" + name));
      compared++;
    }
    long told =
        said.lines()
            .filter(line -> line.matches("broken\\+[a-f]: .*model\\.safetensors.*"))
            .count();
    if (told < BAD) {
      throw new AssertionError("the bad model is told %d times: %s".formatted(told, said));
    }
    try (Stream<Path> left = Files.list(folder.resolve("out"))) {
      List<Path> more =
          left.filter(path -> !path.getFileName().toString().matches("model-[a-f]")).toList();
      if (!more.isEmpty()) {
        throw new AssertionError(more + " are left");
      }
    }
    Folders.delete(folder.resolve("out"));
    Folders.delete(folder.resolve("jobs-batch"));
  }

  private String localCluster() throws IOException, InterruptedException {
    Command batch =
        start(
            "local-cluster",
            Map.of("SPARK_LOCAL_IP", "127.0.0.1"),
            "batch",
            jobs(),
            "--master=local-cluster[2,1,1024]",
            "--cores-per-run=1");
    compare(said(batch, 1));
    return "local cluster of two workers: %d runs and a bad model among them"
        .formatted(GOOD.size());
  }

  private String yarn() throws IOException, InterruptedException {
    Path settings = Files.createDirectories(folder.resolve("yarn"));
    Path site = settings.resolve("yarn-site.xml");
    try (Cluster.Owner yarn = Cluster.yarn(settings)) {
      while (Files.notExists(site)) {
        if (yarn.process().waitFor(1, TimeUnit.SECONDS)) {
          throw new AssertionError(Files.readString(settings.resolve("yarn.log")));
        }
      }
      Command batch =
          startOn(
              settings + ":" + System.getProperty("java.class.path"),
              "on-yarn",
              Map.of("SPARK_LOCAL_IP", "127.0.0.1", "HADOOP_CONF_DIR", settings.toString()),
              "batch",
              jobs(),
              "--master=yarn",
              "--cores-per-run=1");
      compare(said(batch, 1));
    }
    return "YARN of one node: %d runs and a bad model among them".formatted(GOOD.size());
  }

  private String harmed(int round) throws IOException, InterruptedException {
    try (Cluster cluster = Cluster.start(folder.resolve("cluster-" + round))) {
      cluster.addWorker(Map.of());
      cluster.addWorker(Map.of());
      Command batch =
          start(
              "harmed",
              Map.of("SPARK_LOCAL_IP", "127.0.0.1"),
              "batch",
              jobs(),
              "--master=" + cluster.url(),
              "--cores-per-run=1");
      StringBuilder done = new StringBuilder();
      Process first = await(cluster, batch, 0, 0);
      Cluster.kill(first);
      cluster.addWorker(Map.of());
      done.append("a worker killed before its run had saved a layer");
      Process second = await(cluster, batch, 1, Integer.MAX_VALUE);
      Cluster.kill(second);
      cluster.addWorker(Map.of());
      done.append(", one after, ");
      Process third = await(cluster, batch, 1, Integer.MAX_VALUE);
      Cluster.signal(third, "STOP");
      boolean over = batch.process().waitFor(STOPPED_SECONDS, TimeUnit.SECONDS);
      Cluster.signal(third, "CONT");
      done.append("one stopped for %d s".formatted(STOPPED_SECONDS));
      done.append(over ? " (the batch was over before)" : "");
      compare(said(batch, 1));
      return done.toString();
    }
  }

  /** A worker whose run has saved so many layers. */
  private Process await(Cluster cluster, Command batch, long least, long most)
      throws IOException, InterruptedException {
    while (!batch.process().waitFor(5, TimeUnit.MILLISECONDS)) {
      for (Process worker : cluster.workers()) {
        for (String name : GOOD) {
          String output = folder.resolve("out/model-" + name).toString();
          long saved = saved(Path.of(output + ".partial/journal"));
          boolean here =
              Cluster.run(worker).filter(words -> words.contains("\0" + output + "\0")).isPresent();
          if (here && saved >= least && saved <= most) {
            return worker;
          }
        }
      }
    }
    throw new AssertionError("the batch is over too early: " + Files.readString(batch.log()));
  }

  private static long saved(Path journal) throws IOException {
    try (Stream<String> lines = Files.lines(journal, StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> line.contains("\"kind\":\"layer\"")).count();
    } catch (NoSuchFileException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  /** Refused with the names of both, until they are told to be alike. */
  private String otherCore() throws IOException, InterruptedException {
    try (Cluster cluster = Cluster.start(folder.resolve("cluster-cores"))) {
      cluster.addWorker(Map.of(CORE, "Haswell"));
      cluster.addWorker(Map.of(CORE, "Sandybridge"));
      String[] words = {"batch", jobs(), "--master=" + cluster.url(), "--cores-per-run=1"};
      Map<String, String> environment = Map.of("SPARK_LOCAL_IP", "127.0.0.1");
      String refused = said(start("cores", environment, words), 1);
      for (String part : List.of("the machines compute differently", "Haswell", "Sandybridge")) {
        if (!refused.contains(part)) {
          throw new AssertionError(part + " is not told: " + refused);
        }
      }
      if (Files.exists(folder.resolve("out"))) {
        throw new AssertionError("something was written all the same");
      }
      List<String> pinned = new ArrayList<>(List.of(words));
      pinned.add("--pin-blas=Haswell");
      String told = said(start("pinned", environment, pinned.toArray(String[]::new)), 1);
      if (told.contains("compute differently")) {
        throw new AssertionError(told);
      }
      return "two workers of other BLAS cores: refused with their names, and taken with --pin-blas";
    }
  }
}
