// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.AwpException;
import dev.awp.recipe.RecipeFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Gives options that were not typed the values that a recipe has for them. Every option of the
 * command has its key in recipes, read and checked as if it were typed; files are looked for in the
 * recipe's folder.
 */
public final class RecipeFlags {
  /** What one does with a run, and not what the run does. */
  private static final Set<String> NO_KEYS =
      Set.of("--recipe", "--dry-run", "--json", "--resume", "--restart", "--help", "--version");

  private final RecipeFile recipe;
  private final CommandSpec spec;
  private final CommandLine trial;

  /**
   * For a command that was parsed.
   *
   * @param trial another command of the same kind, to read values with
   */
  public RecipeFlags(RecipeFile recipe, CommandSpec spec, CommandLine trial) {
    this.recipe = recipe;
    this.spec = spec;
    this.trial = trial.setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** Sets the values; AwpException that names file, line and key for one that is none. */
  public void apply() {
    for (RecipeFile.Flag flag : recipe.flags()) {
      OptionSpec option = option(flag);
      var _ = words(flag);
      if (!spec.commandLine().getParseResult().hasMatchedOption(option)) {
        option.setValue(trial.getCommandSpec().findOption(option.longestName()).getValue());
      }
    }
  }

  private OptionSpec option(RecipeFile.Flag flag) {
    OptionSpec option = spec.findOption("--" + flag.name());
    if (option == null || NO_KEYS.contains(option.longestName())) {
      throw new AwpException(
          "%s: there is no such key; these are: layers, %s".formatted(flag.place(), keys()));
    }
    return option;
  }

  /**
   * The words that say the same on a command line, read once for a trial; AwpException that names
   * file, line and key where they cannot be read.
   */
  public List<String> words(RecipeFile.Flag flag) {
    OptionSpec option = option(flag);
    boolean isFile = option.auxiliaryTypes()[0] == Path.class || option.type() == Path.class;
    List<String> values =
        flag.values().stream().map(value -> isFile ? resolved(value) : value).toList();
    Stream<String> folders = Stream.of("MODEL_DIR", "OUT_DIR");
    List<String> typed = values.stream().map(value -> option.longestName() + "=" + value).toList();
    try {
      trial.parseArgs(Stream.concat(folders, typed.stream()).toArray(String[]::new));
      return typed;
    } catch (ParameterException e) {
      throw new AwpException(flag.place() + ": " + e.getMessage(), e);
    }
  }

  private String resolved(String file) {
    Path folder = recipe.file().toAbsolutePath().getParent();
    try {
      return folder.resolve(file).toString();
    } catch (java.nio.file.InvalidPathException e) {
      throw new AwpException("%s: '%s' is no file name".formatted(recipe.file(), file), e);
    }
  }

  private String keys() {
    return spec.options().stream()
        .map(OptionSpec::longestName)
        .filter(name -> !NO_KEYS.contains(name))
        .map(name -> name.substring(2))
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
