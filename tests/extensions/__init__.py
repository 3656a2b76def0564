"""Extensions as third parties write them: they import nothing of the program but `digest.plugin_api`."""
