// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.fixture.TensorFolder;
import dev.awp.inspect.values.Inspection;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Any safetensors file, as {@code awp inspect} shows it. */
final class SafetensorsTarget implements FuzzTarget {
  static final List<String> WORDS =
      List.of(
          "F32",
          "F16",
          "BF16",
          "I64",
          "I32",
          "U8",
          "F8_E4M3",
          "F4",
          "F6_E2M3",
          "F8_E8M0",
          "BOOL",
          "dtype",
          "shape",
          "data_offsets",
          "__metadata__",
          "weight");

  @Override
  public String name() {
    return "safetensors";
  }

  @Override
  public Mutation mutation() {
    return new HeaderMutation(new JsonMutation(WORDS), new ByteMutation(WORDS));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path file =
        new TensorFolder()
            .floats("a.weight", List.of(3L, 4L), 1, 0, 2, 0, 0, 3, 0, 4, Float.NaN, -0f, 1e30f, 5)
            .floats("scalar", List.of(), 1)
            .floats("none", List.of(0L, 4L))
            .halves("halves", List.of(2L, 1L, 2L), 1, 2, 3, 4)
            .longs("ids", List.of(2L), 3, -4)
            .words("words", List.of(2L, 2L), 1, 2, 3, 4)
            .bytes("bytes", DType.F8_E4M3, List.of(4L), (byte) 1, (byte) 2, (byte) 3, (byte) 4)
            .bytes("nibbles", DType.F4, List.of(2L, 2L), (byte) 1, (byte) 2)
            .write(folder.resolve("any"))
            .resolve("model.safetensors");
    return new Prepared(
        file,
        List.of(Files.readAllBytes(file)),
        () -> {
          var _ = Inspection.of(file, true, compute);
        });
  }
}
