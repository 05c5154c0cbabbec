// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.fuzz.FuzzTarget.Prepared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Changes good files in seeded ways, many times, and counts what becomes of them. */
public final class MutationRun {
  private static final int CHECKED = 1000;

  private MutationRun() {}

  /** How many inputs were read, and how many were refused in words. */
  record Counts(long read, long refused) {}

  /** {@code FOLDER SEED INPUTS TARGET...}: so many inputs of each target, of all by default. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    int inputs = Integer.parseInt(arguments[2]);
    List<String> names = Arrays.asList(arguments).subList(3, arguments.length);
    boolean failed = false;
    for (FuzzTarget target : FuzzTargets.ALL) {
      if (names.isEmpty() || names.contains(target.name())) {
        long begun = System.nanoTime();
        try {
          Counts counts = run(target, folder.resolve(target.name()), seed, inputs);
          System.out.printf(
              "%-20s %,9d inputs: %,9d read, %,9d refused in words; %d s%n",
              target.name(),
              inputs,
              counts.read,
              counts.refused,
              (System.nanoTime() - begun) / 1_000_000_000);
        } catch (AssertionError e) {
          failed = true;
          System.out.println(target.name() + ": " + e.getMessage());
          e.printStackTrace();
        }
      }
    }
    System.exit(failed ? 1 : 0);
  }

  static Counts run(FuzzTarget target, Path folder, long seed, int inputs) throws IOException {
    try (Compute compute = FuzzTargets.compute()) {
      Prepared prepared = target.prepare(Files.createDirectories(folder), compute);
      Harness harness = new Harness(prepared, folder);
      for (byte[] whole : prepared.seeds()) {
        harness.run(whole);
      }
      Mutation mutation = target.mutation();
      long read = 0;
      for (int i = 0; i < inputs; i++) {
        // Each input by a seed of its own, so that it can be had again without those before it.
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
        byte[] whole = prepared.seeds().get(random.nextInt(prepared.seeds().size()));
        byte[] input = mutation.apply(whole, random);
        try {
          read += harness.run(input) == Harness.Outcome.READ ? 1 : 0;
        } catch (AssertionError e) {
          throw new AssertionError(
              "input %d of seed %d, which is in %s: %s"
                  .formatted(i, seed, prepared.file(), e.getMessage()),
              e);
        }
        if (i % CHECKED == CHECKED - 1) {
          harness.check();
        }
      }
      harness.check();
      return new Counts(read, inputs - read);
    }
  }
}
