// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.recipe.BlockChoice;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a GGUF type that awp writes or of a mixture of such, in letters of either case. */
public final class ChosenBlocks implements ITypeConverter<BlockChoice>, Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return BlockChoice.words().iterator();
  }

  @Override
  public BlockChoice convert(String value) {
    try {
      return BlockChoice.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
