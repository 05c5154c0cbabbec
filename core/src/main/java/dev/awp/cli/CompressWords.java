// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.PlainText;
import dev.awp.cli.option.RecipeFlags;
import dev.awp.compress.CompressionOptions;
import dev.awp.recipe.RecipeFile;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The words behind {@code awp compress}, made of recipes and read without running anything. */
public final class CompressWords {
  private CompressWords() {}

  /**
   * Keys of a recipe as options, each read as if it were typed; files are looked for in the
   * recipe's folder.
   *
   * @throws AwpException that names file, line and key of one that is none
   */
  public static List<String> of(RecipeFile recipe, List<RecipeFile.Flag> flags) {
    CommandLine command = new CommandLine(new CompressCommand());
    CommandLine trial = new CommandLine(new CompressCommand());
    RecipeFlags words = new RecipeFlags(recipe, command.getCommandSpec(), trial);
    return flags.stream().flatMap(flag -> words.words(flag).stream()).toList();
  }

  /**
   * What the words ask for; recipes among them are read.
   *
   * @param words model, output and options
   * @throws AwpException for misuse too, in the sentence that a person who types them is told
   */
  public static CompressionOptions read(List<String> words) {
    CompressCommand command = new CompressCommand();
    CommandLine line = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    try {
      line.parseArgs(words.toArray(String[]::new));
      return command.options();
    } catch (ParameterException e) {
      throw new AwpException(PlainText.of(e.getMessage()), e);
    }
  }
}
