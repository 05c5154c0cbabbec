// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * Has Spark run the runs: a job each, for a job ends with its first task that is lost too often,
 * and one bad run must not end the others. All are handed over at once, and begin in that order.
 */
final class BatchDriver {
  private static final Pattern LOST =
      Pattern.compile(
          ".* failed (\\d+) times?, most recent failure: Lost task .*?\\(TID \\d+\\) \\(.*?\\):"
              + " (?:[\\w.$]+(?:Exception|Error): )?(.*)");

  private static final int POLL_MILLIS = 200;
  private static final int SETTLED_POLLS = 10;
  private static final int TOLD_POLLS = 100;

  private final BatchFile file;
  private final Share share;
  private final ChildJvm jvm;
  private final long patienceSeconds;

  /**
   * A batch on machines.
   *
   * @param jvm how runs are started
   * @param patienceSeconds that a run waits for a machine that was given up and still has its
   *     output
   */
  BatchDriver(BatchFile file, Share share, ChildJvm jvm, long patienceSeconds) {
    this.file = file;
    this.share = share;
    this.jvm = jvm;
    this.patienceSeconds = patienceSeconds;
  }

  /** What Spark is told. Settings of the file win but for those that runs depend on. */
  static SparkConf settings(BatchFile file, Share share, ChildJvm jvm) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.app.name", "awp batch " + file.file().getFileName());
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    file.spark().forEach(conf::set);
    conf.set("spark.master", share.master());
    conf.set("spark.task.cpus", Integer.toString(share.cores()));
    conf.setIfMissing("spark.task.maxFailures", Integer.toString(Share.ATTEMPTS));
    conf.set("spark.speculation", "false");
    if (share.atOnce() > 0) {
      // Nobody else has to reach this process.
      conf.setIfMissing("spark.driver.host", "localhost");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    } else {
      conf.setIfMissing("spark.executor.cores", Integer.toString(share.cores()));
      conf.setIfMissing("spark.executor.memory", "512m");
      conf.setIfMissing("spark.executor.extraClassPath", jvm.classPath());
      if (Master.of(share.master()).equals(Optional.of(Master.YARN))
          && !conf.contains("spark.yarn.archive")
          && System.getenv("SPARK_HOME") != null) {
        // Every machine sees this checkout: nothing has to be sent.
        conf.setIfMissing("spark.yarn.jars", "local:" + System.getenv("SPARK_HOME") + "/jars/*");
      }
      // Runs are processes beside the executor's own.
      share
          .limit()
          .ifPresent(
              limit ->
                  conf.setIfMissing(
                      "spark.executor.memoryOverhead",
                      Math.ceilDiv(limit * slots(conf, share), 1 << 20) + "m"));
    }
    return conf;
  }

  private static int slots(SparkConf conf, Share share) {
    return Math.max(1, conf.getInt("spark.executor.cores", share.cores()) / share.cores());
  }

  /**
   * Runs them.
   *
   * @param runs in the order in which they begin
   * @param progress hears how they go
   * @param ended hears of each run when it is over
   * @throws AwpException where machines differ, or Spark ends
   */
  void run(List<PlannedRun> runs, BatchProgress progress, BiConsumer<BatchRun, RunOutcome> ended) {
    SparkConf conf = settings(file, share, jvm);
    try (JavaSparkContext spark = start(conf)) {
      try {
        spark.sc().addSparkListener(progress);
        // Cancelled tasks are interrupted, and stop their processes.
        spark.setJobGroup("awp batch", "awp batch", true);
        Map<String, String> computes =
            share.atOnce() > 0 ? Map.of() : agreed(spark, conf, progress);
        Map<BatchRun, JavaFutureAction<List<RunOutcome>>> open = new LinkedHashMap<>();
        for (PlannedRun planned : runs) {
          open.put(planned.run(), send(spark, planned.run(), computes));
        }
        await(spark, open, progress, ended);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AwpException("the batch was interrupted; the same command goes on with it", e);
      } catch (Exception e) { // Scala throws what it does not declare
        if (e instanceof SparkException || spark.sc().isStopped()) {
          throw new AwpException(
              "Spark has ended before the batch was over, and the same command goes on with it: "
                  + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
              e);
        }
        throw e;
      }
    }
  }

  private static void await(
      JavaSparkContext spark,
      Map<BatchRun, JavaFutureAction<List<RunOutcome>>> open,
      BatchProgress progress,
      BiConsumer<BatchRun, RunOutcome> ended)
      throws InterruptedException {
    while (!open.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      for (BatchRun run : List.copyOf(open.keySet())) {
        if (open.get(run).isDone()) {
          RunOutcome outcome = outcome(spark, open.remove(run));
          if (outcome.end() == RunOutcome.End.FOREIGN) {
            spark.cancelAllJobs();
            throw differing(List.of(outcome.sentence()));
          }
          ended.accept(run, outcome);
        }
      }
      progress.tick();
    }
  }

  /** What Spark does not take is a sentence too. */
  @SuppressWarnings("CatchingUnchecked") // Scala throws what it does not declare
  private static JavaSparkContext start(SparkConf conf) {
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) {
      throw new AwpException("Spark does not start: " + e.getMessage(), e);
    }
  }

  private JavaFutureAction<List<RunOutcome>> send(
      JavaSparkContext spark, BatchRun run, Map<String, String> computes) {
    RunTask task =
        new RunTask(
            run.name(),
            run.command(),
            share.words(run),
            run.output().toString(),
            run.inputs().stream().map(Object::toString).toList(),
            file.results().toString(),
            jvm,
            computes,
            patienceSeconds);
    LongAccumulator part = spark.sc().longAccumulator(run.name());
    return spark
        .parallelize(List.of(task), 1)
        .map(
            sent ->
                sent.run(
                    TaskContext.get().attemptNumber() + 1, value -> part.setValue((long) value)))
        .collectAsync();
  }

  private static RunOutcome outcome(
      JavaSparkContext spark, JavaFutureAction<List<RunOutcome>> action)
      throws InterruptedException {
    try {
      return action.get().getFirst();
    } catch (ExecutionException e) {
      if (spark.sc().isStopped()) {
        throw new IllegalStateException(e.getCause().getMessage(), e);
      }
      return RunOutcome.failed(sentence(String.valueOf(e.getCause().getMessage())));
    }
  }

  /** What Spark says of a run that it has given up, without where Spark keeps it. */
  static String sentence(String message) {
    String line = message.lines().findFirst().orElse("").strip();
    Matcher lost = LOST.matcher(line);
    return lost.matches()
        ? "given up after %s attempts, the last of which: %s"
            .formatted(lost.group(1), lost.group(2))
        : line;
  }

  /** What all machines compute with; AwpException that names them where they differ. */
  private Map<String, String> agreed(JavaSparkContext spark, SparkConf conf, BatchProgress progress)
      throws InterruptedException {
    int executors = awaitExecutors(spark, progress);
    int slots = slots(conf, share);
    List<Integer> asked = IntStream.range(0, 2 * executors * slots).boxed().toList();
    ChildJvm started = jvm;
    List<Machine> machines =
        spark.parallelize(asked, asked.size()).map(_ -> Machine.here(started)).collect().stream()
            .distinct()
            .toList();
    List<String> differences = Machine.differences(machines);
    if (!differences.isEmpty()) {
      throw differing(differences);
    }
    share.check(machines, slots);
    return machines.getFirst().computes();
  }

  private static AwpException differing(List<String> differences) {
    return new AwpException(
        "the machines compute differently, and would not write the same bytes: %s; --pin-blas CORE"
                .formatted(String.join("; ", differences))
            + " gives all of them one BLAS core");
  }

  /** Until there is one, and no more have come for a while. */
  private int awaitExecutors(JavaSparkContext spark, BatchProgress progress)
      throws InterruptedException {
    int known = 0;
    int settled = 0;
    for (int polls = 1; known == 0 || settled < SETTLED_POLLS; polls++) {
      if (polls % TOLD_POLLS == 0 && known == 0) {
        progress.say(
            "no executor of %s yet: does a worker have %s cores and the executor's memory free?"
                .formatted(share.master(), share.cores()));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      if (spark.sc().isStopped()) {
        throw new IllegalStateException("no executor of " + share.master() + " starts");
      }
      // The driver is among them.
      int found = spark.statusTracker().getExecutorInfos().length - 1;
      settled = found == known ? settled + 1 : 0;
      known = found;
    }
    return known;
  }

  /** The master of a batch: what is typed, else the file's, else Spark's own, else this machine. */
  static String master(Optional<String> typed, Map<String, String> settings) {
    return typed
        .or(() -> Optional.ofNullable(settings.get("spark.master")))
        .or(() -> Optional.ofNullable(System.getProperty("spark.master")))
        .orElse("local[*]");
  }
}
