// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.PlainText;
import dev.awp.cli.print.PlainWriter;
import dev.awp.cli.value.BlockTypeTexts;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code awp compress | compare | eval | inspect | ...}. */
@Command(
    name = "awp",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Compresses large language models on ordinary CPUs: pruning, quantization, or both.",
    description = {
      "",
      "awp reads a Hugging Face checkpoint folder, runs a calibration text through the model block"
          + " by block, and solves for every linear layer min ||(W - T) C^(1/2)||_F^2 under the"
          + " wanted constraint, where C is the second moment of the layer's inputs"
          + " (AWP, arXiv 2506.10205).",
      ""
    },
    subcommands = {
      CompressCommand.class,
      CompareCommand.class,
      CalibrateCommand.class,
      StatisticsCommand.class,
      ConvertCommand.class,
      EvalCommand.class,
      InspectCommand.class,
      DiffCommand.class,
      GenerateCommand.class,
      ReportCommand.class,
      VerifyCommand.class,
      CompletionCommand.class,
      DemoCommand.class,
      BatchCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 done; 1 the input or a step failed, told in one line; 2 wrong usage;",
      "  130 and 143 stopped by Ctrl-C and by SIGTERM.",
      "JVM switches (in the environment variable AWP_JAVA_OPTS):",
      "  -Dawp.kernels=scalar|vector   force the kernels; the default is vector where it can run",
      "  -Dawp.blas=openblas|java      force the matrix products; the default is openblas, else"
          + " java",
      "  -Dawp.openblas=FILE           use this OpenBLAS library",
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Parses, runs and prints; returns the exit code. */
  public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    try {
      CommandLine line = commandLine(out, err);
      if (arguments.length > 0 && arguments[0].equals(BatchCommand.NAME)) {
        takeModule(line, BatchCommand.NAME);
        line.setOut(out).setErr(err);
      }
      return line.execute(arguments);
    } catch (OutOfMemoryError e) {
      err.println(
          "awp: memory ran out (%s): fewer --sequences or a smaller --sequence-length need less"
              .formatted(e.getMessage()));
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** Puts a module's command in the place of the word about it, where the module is there. */
  private static void takeModule(CommandLine line, String name) {
    for (ModuleCommand command : ServiceLoader.load(ModuleCommand.class)) {
      if (command.name().equals(name)) {
        line.getCommandSpec().removeSubcommand(name);
        line.addSubcommand(name, command);
        configure(line);
      }
    }
  }

  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return configure(new CommandLine(new Main())).setOut(out).setErr(err);
  }

  /** As all commands are, those added later too. */
  private static CommandLine configure(CommandLine line) {
    return line.setResourceBundle(new BlockTypeTexts())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setExecutionStrategy(Main::run)
        .setParameterExceptionHandler(misuse())
        .setExecutionExceptionHandler(failures());
  }

  /** Help may have colours; what commands print may come from files. */
  private static int run(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    CommandLine line = parsed.commandSpec().commandLine();
    line.setOut(PlainWriter.of(line.getOut())).setErr(PlainWriter.of(line.getErr()));
    return new CommandLine.RunLast().execute(parsed);
  }

  /** What is wrong and where help is: whole pages of options would scroll it away. */
  private static IParameterExceptionHandler misuse() {
    return (exception, _) -> {
      CommandLine command = exception.getCommandLine();
      PrintWriter err = command.getErr();
      String name = command.getCommandSpec().qualifiedName();
      err.println(name + ": " + PlainText.of(exception.getMessage()));
      UnmatchedArgumentException.printSuggestions(exception, err);
      if (command.getParent() == null) {
        command.usage(err);
      } else {
        err.println("Usage: " + command.getHelp().abbreviatedSynopsis().strip());
        err.println("'" + name + " --help' tells every option.");
      }
      return CommandLine.ExitCode.USAGE;
    };
  }

  public static void main(String[] arguments) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // for the libraries' own figures
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    System.exit(execute(out, err, arguments));
  }

  private static IExecutionExceptionHandler failures() {
    return (exception, command, parsed) -> {
      if (Thread.currentThread().isInterrupted()) {
        return CommandLine.ExitCode.SOFTWARE; // the signal told what there is to tell
      }
      if (exception instanceof AwpException) {
        command.getErr().println("awp: " + exception.getMessage());
      } else {
        command.getErr().println("awp: an error of awp itself, please report it:");
        exception.printStackTrace(command.getErr());
      }
      return CommandLine.ExitCode.SOFTWARE;
    };
  }
}
