// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Reports for people: pages, their pictures and the figures behind them, from the records alone.
 */
package dev.awp.report.page;
