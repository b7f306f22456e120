import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type Pages = { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; readonly fetchNextPage: () => unknown }

/** Under a list that goes on: fetches its next page. */
export const More = ({ pages }: { pages: Pages }) => {
  const { t } = useTranslation()
  if (!pages.hasNextPage) return null
  return (
    <div>
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {t('common.more')}
      </Button>
    </div>
  )
}
