// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code awp batch} where its module is not on the class path: says how to get it. */
@Command(
    name = BatchCommand.NAME,
    mixinStandardHelpOptions = true,
    header = "Run many models and recipes, on one machine or on many by Apache Spark.",
    description = {
      "",
      "A module of its own, awp-batch: 'scripts/awp batch' in a checkout builds it and fetches"
          + " Apache Spark with its libraries, 220 MB, once. docs/clusters.md tells more.",
      ""
    })
final class BatchCommand implements Callable<Integer> {
  static final String NAME = "batch";

  @SuppressWarnings("UnusedVariable") // whatever the module would take
  @Unmatched
  private List<String> words;

  @Override
  public Integer call() {
    throw new AwpException(
        "awp batch is a module of its own and not on this class path: 'scripts/awp batch' in a"
            + " checkout builds it"
            + " and fetches Apache Spark, once");
  }
}
