import { Badge } from '@mantine/core';
import { Link } from 'react-router';
import { useTranslations } from 'use-intl';
import { BalanceDocument } from '../generated/graph.ts';
import { useLive } from '../graph/useLive.ts';
import { useMoney } from '../ui/Amount.tsx';

/** The user's own current balance, on every page. */
export function LiveBalance() {
  const t = useTranslations('account');
  const money = useMoney();
  // Payloads have the account and its newest entries. The cache passes them on to the components that show them.
  const data = useLive(BalanceDocument);
  const account = data?.balanceChanged?.account;
  if (!account) return null;
  return (
    <Badge
      component={Link}
      to="/account"
      variant="light"
      size="lg"
      color={Number(account.balance) < 0 ? 'red' : 'parrot'}
      style={{ cursor: 'pointer', fontVariantNumeric: 'tabular-nums' }}
      title={`${t('balance')}. ${t('earnedToday')}: ${money(account.earnedToday, { signed: true })}`}
      aria-label={`${t('balance')}: ${money(account.balance)}`}
      autoContrast
      data-testid="balance"
    >
      {money(account.balance)}
    </Badge>
  );
}
