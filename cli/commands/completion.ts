// `skep completion`: scripts for shells, which ask `skep complete` what may come next.
import type { Command } from 'commander';
import { examplesOf, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';

const shells = ['bash', 'zsh', 'fish'];

/** What the script for bash takes from the package bash-completion, for where that is not loaded. */
const withoutPackage = `declare -F _get_comp_words_by_ref > /dev/null || _get_comp_words_by_ref() {
    cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
    words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
}
`;

export const addCompletion = (_: Setting, program: Command): void => {
  program
    .command('completion <shell>')
    .summary('Print the completion script of bash, zsh or fish')
    .description('Print the completion script of bash, zsh or fish')
    .addHelpText(
      'after',
      examplesOf([
        'completion bash > /etc/bash_completion.d/skep',
        'completion zsh > ~/.zsh/completions/_skep',
        'completion fish > ~/.config/fish/completions/skep.fish',
      ]),
    )
    .action(async (shell: string) => {
      if (!shells.includes(shell)) throw misuse(`there is no script for ${shell}`, shells.join(', '));
      const { default: tab } = await import('@bomb.sh/tab');
      if (shell === 'bash') process.stdout.write(withoutPackage);
      tab.setup('skep', 'skep', shell);
    });
};
