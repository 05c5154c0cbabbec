// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.fuzz.FuzzTarget.Prepared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One target as Jazzer sees it: inputs are found by what they reach in awp's code, and held to the
 * same promises as in {@link MutationRun}. Jazzer calls the two methods by their names, so nothing
 * here needs it.
 */
public final class CoverageRun {
  private static final int CHECKED = 1000;

  // One target a process, and methods that Jazzer wants static.
  private static Harness harness;
  private static int inputs;

  private CoverageRun() {}

  /** Prints the names of all targets. */
  public static void main(String[] arguments) {
    FuzzTargets.ALL.forEach(target -> System.out.println(target.name()));
  }

  /** {@code TARGET FOLDER CORPUS}: its good files become the corpus' first inputs. */
  public static void fuzzerInitialize(String[] arguments) throws IOException {
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    Path corpus = Files.createDirectories(Path.of(arguments[2]));
    Prepared prepared = FuzzTargets.named(arguments[0]).prepare(folder, FuzzTargets.compute());
    harness = new Harness(prepared, folder);
    for (int i = 0; i < prepared.seeds().size(); i++) {
      Files.write(corpus.resolve("seed-" + i), prepared.seeds().get(i));
    }
  }

  /** Ends normally where the input was read, or refused in words. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    harness.run(input);
    inputs++;
    if (inputs % CHECKED == 0) {
      harness.check();
    }
  }
}
