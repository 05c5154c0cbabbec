// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.cli.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

/**
 * awp's command line in a process that ends with the one that started it: when its input ends, as
 * it does when the other process is gone however it went, it stops as by SIGTERM.
 */
final class RunProcess {
  private static final int TERMINATED = 143;
  private static final long PATIENCE_SECONDS = 10;

  private RunProcess() {}

  public static void main(String[] words) {
    start("awp-parent", RunProcess::awaitParent);
    Main.main(words);
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  @SuppressWarnings("SystemExitOutsideMain") // that is what it waits for
  private static void awaitParent() {
    drain(System.in);
    start("awp-halt", RunProcess::halt);
    System.exit(TERMINATED);
  }

  /** To its end; nothing is ever said. */
  private static void drain(InputStream in) {
    try {
      long _ = in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      return;
    }
  }

  /** Where a shutdown hangs. */
  private static void halt() {
    try {
      TimeUnit.SECONDS.sleep(PATIENCE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(TERMINATED);
  }
}
