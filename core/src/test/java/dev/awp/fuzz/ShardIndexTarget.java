// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.stored.StoredTensor;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The shard index of a folder with links that lead out of it, and good shards beyond. */
final class ShardIndexTarget implements FuzzTarget {
  @Override
  public String name() {
    return "index";
  }

  @Override
  public Mutation mutation() {
    return new JsonMutation(
        List.of(
            "../outside/model.safetensors",
            "../outside/model-00001-of-00003.safetensors",
            "./model-00001-of-00003.safetensors",
            "link.safetensors",
            "linked/model-00001-of-00003.safetensors",
            "/etc/passwd",
            "/etc/x.safetensors",
            "..",
            "C:model.safetensors",
            "..\\outside\\model.safetensors",
            "file:///model.safetensors",
            "a\u0000.safetensors",
            "\u2025/x.safetensors",
            "weight_map",
            "model-00002-of-00003.safetensors",
            ".safetensors"));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model = folder.resolve("model");
    Path outside = folder.resolve("outside");
    GeneratedCheckpoint checkpoint = new GeneratedCheckpoint(1, 16, 32, 2, 1, DType.BF16);
    checkpoint.write(model, 9000);
    checkpoint.write(outside, 9000);
    Path shard = outside.resolve("model-00001-of-00003.safetensors");
    Files.createSymbolicLink(model.resolve("link.safetensors"), shard);
    Files.createSymbolicLink(model.resolve("linked"), outside);
    Path real = model.toRealPath();
    Path file = model.resolve("model.safetensors.index.json");
    return new Prepared(
        file,
        List.of(Files.readAllBytes(file)),
        () -> {
          try (SafetensorsCheckpoint opened = SafetensorsCheckpoint.open(model)) {
            for (StoredTensor view : opened.tensors()) {
              if (!view.file().toRealPath().startsWith(real)) {
                throw new AssertionError(view.file() + " lies outside of " + real);
              }
            }
          }
        });
  }
}
