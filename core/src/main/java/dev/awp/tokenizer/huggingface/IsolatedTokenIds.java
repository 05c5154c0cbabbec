// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import dev.awp.AwpException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The library in a process of its own, for expressions whose cost cannot be told: it ends its
 * process where one takes too many retries. The process starts with the first text.
 */
final class IsolatedTokenIds implements TokenIds {
  /** Characters of a text that are told. */
  private static final int SHOWN = 40;

  private final Path file;
  private final byte[] json;
  private Process process;
  private DataInputStream in;
  private DataOutputStream out;

  /** For the given content of a tokenizer.json, in UTF-8; the file is for messages. */
  IsolatedTokenIds(Path file, byte[] json) {
    this.file = file;
    this.json = json;
  }

  @Override
  public synchronized int[] encode(String text, boolean withSpecial) {
    try {
      start();
      out.writeByte(withSpecial ? TokenizerProcess.TEXT_WITH_SPECIAL : TokenizerProcess.TEXT);
      TokenizerProcess.writeText(out, text);
      awaitAnswer();
      return TokenizerProcess.readTokens(in);
    } catch (IOException e) {
      close();
      String begin = text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
      throw new AwpException(
          "%s: the tokenizer library has ended on a text of %s characters, '%s': an expression in this file takes too many tries on it"
              .formatted(file, text.length(), begin),
          e);
    }
  }

  @Override
  public synchronized String decode(int[] tokens) {
    try {
      start();
      out.writeByte(TokenizerProcess.TOKENS);
      TokenizerProcess.writeTokens(out, tokens);
      awaitAnswer();
      return TokenizerProcess.readText(in);
    } catch (IOException e) {
      close();
      throw new AwpException(
          "%s: the tokenizer library has ended on %s tokens".formatted(file, tokens.length), e);
    }
  }

  private void start() throws IOException {
    if (process != null) {
      return;
    }
    process =
        new ProcessBuilder(command())
            .directory(new File(System.getProperty("java.io.tmpdir")))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
    out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    try {
      out.writeInt(json.length);
      out.write(json);
      awaitAnswer();
    } catch (IOException e) {
      close();
      throw new AwpException(
          file + ": not a readable tokenizer: the process that should read it has ended", e);
    }
  }

  private void awaitAnswer() throws IOException {
    out.flush();
    if (!in.readBoolean()) {
      String reason = TokenizerProcess.readText(in);
      close();
      throw new AwpException(file + ": not a readable tokenizer: " + reason);
    }
  }

  /** The same Java, with the classes of this process. */
  private static List<String> command() {
    Module module = TokenizerProcess.class.getModule();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.add("-Xmx" + (Runtime.getRuntime().maxMemory() >> 20) + "m");
    option(command, "-cp", absolute("java.class.path"));
    if (module.isNamed()) {
      option(command, "-p", absolute("jdk.module.path"));
      command.add("--enable-native-access=ai.djl.tokenizers");
      command.addAll(List.of("-m", module.getName() + "/" + TokenizerProcess.class.getName()));
    } else {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add(TokenizerProcess.class.getName());
    }
    return command;
  }

  private static void option(List<String> command, String option, String value) {
    if (!value.isEmpty()) {
      command.addAll(List.of(option, value));
    }
  }

  /** A path whose parts may be relative to the folder that this process was started in. */
  private static String absolute(String property) {
    List<String> parts = new ArrayList<>();
    for (String part : System.getProperty(property, "").split(File.pathSeparator, -1)) {
      if (!part.isEmpty()) {
        parts.add(new File(part).getAbsolutePath());
      }
    }
    return String.join(File.pathSeparator, parts);
  }

  @Override
  public synchronized void close() {
    if (process != null) {
      process.destroyForcibly();
      process = null;
    }
  }
}
