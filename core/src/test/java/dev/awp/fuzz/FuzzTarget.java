// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One kind of file that a stranger may have written, and everything of awp's that reads it. */
interface FuzzTarget {
  /** As scripts/fuzz knows it. */
  String name();

  /** How its files are changed so that many of them stay nearly right. */
  Mutation mutation();

  /** Writes whatever lies around the file into a new folder. */
  Prepared prepare(Path folder, Compute compute) throws IOException;

  /**
   * Ready to be read, any number of times.
   *
   * @param file takes the input
   * @param seeds whole files, to begin with
   * @param reader reads the file as the product does: ends, or throws an AwpException
   */
  record Prepared(Path file, List<byte[]> seeds, Reader reader) {
    public Prepared {
      seeds = List.copyOf(seeds);
    }
  }

  /** What is to survive. */
  @FunctionalInterface
  interface Reader {
    void read() throws IOException;
  }
}
