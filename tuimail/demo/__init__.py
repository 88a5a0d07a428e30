"""The sample mailbox and the embedded server behind `tuimail demo`."""
