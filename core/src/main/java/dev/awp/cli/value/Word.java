// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A value that is one of a list of words, checked where it is parsed: another is misuse. */
public abstract class Word implements ITypeConverter<String> {
  private final String what;
  private final List<String> words;

  /**
   * One of some words.
   *
   * @param what a word stands for
   */
  protected Word(String what, List<String> words) {
    this.what = what;
    this.words = List.copyOf(words);
  }

  @Override
  public String convert(String value) {
    if (!words.contains(value)) {
      throw new TypeConversionException(
          "there is no %s %s; these are: %s".formatted(what, value, String.join(", ", words)));
    }
    return value;
  }
}
