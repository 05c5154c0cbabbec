// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.SizeConverter;
import dev.awp.compress.CompressionOptions;
import picocli.CommandLine.Option;

/** The options that bound the size of files and memory. */
public final class SizeArguments {
  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      defaultValue = CompressionOptions.MAX_SHARD_GIGABYTES + "GB",
      converter = SizeConverter.class,
      description = "Largest size of one written file. Default: ${DEFAULT-VALUE}.")
  private long maxShardSize;

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = {
        "Memory that the run may use, such as 4GiB; mapped files, which the system can take back"
            + " at any time, are not counted. Where it is short, the layers of a block are"
            + " calibrated in more passes, with the same results; below what that needs, the"
            + " smallest limit that would do is told. Default: the machine's memory."
      })
  private Long memoryLimit;

  public void applyTo(CompressionOptions.Builder options) {
    options.maxShardBytes(maxShardSize);
    if (memoryLimit != null) {
      options.memoryLimit(memoryLimit);
    }
  }
}
