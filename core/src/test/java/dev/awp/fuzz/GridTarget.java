// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compress.CompressionListener;
import dev.awp.compute.Compute;
import dev.awp.inspect.values.Inspection;
import dev.awp.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The grid beside dense weights, as inspect and verify read it. */
final class GridTarget implements FuzzTarget {
  @Override
  public String name() {
    return "grid";
  }

  @Override
  public Mutation mutation() {
    List<String> words = SafetensorsTarget.WORDS;
    return new HeaderMutation(new JsonMutation(words), new ByteMutation(words));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model = SmallModels.compressed(folder, "--bits", "4", "--sparsity", "0.5");
    Path file = model.resolve("awp/grid.safetensors");
    return new Prepared(
        file,
        List.of(Files.readAllBytes(file)),
        () -> {
          var _ = Verification.of(model, compute, new CompressionListener() {});
          var _ = Inspection.of(model, true, compute);
        });
  }
}
