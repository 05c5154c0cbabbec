// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One line of a text, by another mutation; lines that vanish, come twice, or change places. */
record LineMutation(Mutation ofLine) implements Mutation {
  @Override
  public byte[] apply(byte[] input, SplittableRandom random) {
    List<String> lines =
        new ArrayList<>(List.of(new String(input, StandardCharsets.ISO_8859_1).split("\n", -1)));
    int at = random.nextInt(lines.size());
    String line = lines.get(at);
    switch (random.nextInt(6)) {
      case 0 -> lines.remove(at);
      case 1 -> lines.add(random.nextInt(lines.size()), line);
      default -> {
        byte[] changed = ofLine.apply(line.getBytes(StandardCharsets.ISO_8859_1), random);
        lines.set(at, new String(changed, StandardCharsets.ISO_8859_1));
      }
    }
    return String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1);
  }
}
