// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compute.Compute;
import dev.awp.disk.FileDigest;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads all weights once, for two ends: that their values are finite, for a NaN in the last block
 * should not be found after hours, and the checksums of their files. Files are read side by side
 * and in their order, a tensor at a time; while one thread sums a tensor's bytes, the others check
 * its values.
 */
public record WeightScan(Checkpoint checkpoint, Compute compute) {
  /**
   * A run of bytes in a file.
   *
   * @param whole the tensor whose last bytes these are, where it is to be checked
   */
  private record Step(TensorView bytes, Optional<StoredTensor> whole) {
    private long end() {
      return bytes.fileOffset() + bytes.byteSize();
    }
  }

  /**
   * Checks, and takes no sums.
   *
   * @param checked names of the tensors whose values must be finite
   */
  public void check(Set<String> checked) {
    scan(files(checked), Map.of());
  }

  /**
   * Checks, and takes the SHA-256 of every file that holds weights.
   *
   * @param checked names of the tensors whose values must be finite; may be none
   */
  public Map<Path, String> sums(Set<String> checked) {
    Map<Path, List<Step>> files = files(checked);
    Map<Path, FileDigest> digests = new LinkedHashMap<>();
    try {
      files.keySet().forEach(file -> digests.put(file, FileDigest.open(file)));
      scan(files, digests);
      Map<Path, String> sums = new LinkedHashMap<>();
      digests.forEach((file, digest) -> sums.put(file, digest.finish()));
      return sums;
    } finally {
      digests.values().forEach(FileDigest::close);
    }
  }

  private void scan(Map<Path, List<Step>> files, Map<Path, FileDigest> digests) {
    TensorReader reader = new TensorReader(compute.kernels());
    int most = files.values().stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < most; i++) {
      List<Step> steps = new ArrayList<>();
      List<Runnable> tasks = new ArrayList<>();
      for (Map.Entry<Path, List<Step>> file : files.entrySet()) {
        if (i < file.getValue().size()) {
          Step step = file.getValue().get(i);
          steps.add(step);
          if (digests.containsKey(file.getKey())) {
            tasks.add(() -> digests.get(file.getKey()).readTo(step.end()));
          }
        }
      }
      steps.forEach(step -> step.whole().map(reader::finiteChecks).ifPresent(tasks::addAll));
      compute.workers().forEachBlock(tasks.size(), 1, (task, _) -> tasks.get(task).run());
      steps.forEach(step -> step.bytes().release());
    }
  }

  /** The steps through every file, in the order of the data. */
  private Map<Path, List<Step>> files(Set<String> checked) {
    Map<Path, List<Step>> files = new LinkedHashMap<>();
    for (StoredTensor tensor : checkpoint.tensors()) {
      for (TensorView part : tensor.parts()) {
        boolean last = part.equals(tensor.parts().getLast()) && checked.contains(tensor.name());
        files
            .computeIfAbsent(part.file(), _ -> new ArrayList<>())
            .add(new Step(part, last ? Optional.of(tensor) : Optional.empty()));
      }
    }
    return files;
  }
}
